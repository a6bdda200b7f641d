//! The list of commands.

/// What `cargo xtask` prints.
pub const TEXT: &str = "\
cargo xtask <command>

  setup            fetch what the programs need to run: the ONNX Runtime library, into .limpid
  demo             build limpid, enhance the demo recordings, measure and picture the result
  test             every check and test there is; a part of them with --rust or --python";
