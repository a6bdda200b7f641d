//! The list of commands.

/// What `cargo xtask` prints.
pub const TEXT: &str = "\
cargo xtask <command>

  setup            fetch what the programs need to run: the ONNX Runtime library, into .limpid
  demo             build limpid, enhance the demo recordings, measure and picture the result
  bundle           build the plugin and write Limpid.vst3 and Limpid.clap into target/bundled
  install          put both where hosts look for them; take them away with --remove
  evaluate         judge the program beside its peers on mixtures: --set DIR, or --manifest CSV, or
                   --speech DIR --noise DIR
  test             every check and test there is; a part with --rust, --plugin or --python";
