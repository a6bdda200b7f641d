//! Every way in which a model can miss the contract.

/// What a model does not say or says wrongly; the sentence tells its maker how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// A metadata key is not there.
    #[error("the metadata has no `{key}`; add it: {means}")]
    MissingKey {
        /// The whole key, `limpid.` included.
        key: String,
        /// What its value must be.
        means: &'static str,
    },
    /// A metadata value cannot be read as what it must be.
    #[error("the metadata says `{key}` = \"{value}\", but it must be {means}")]
    BadValue {
        /// The whole key, `limpid.` included.
        key: String,
        /// What stands there.
        value: String,
        /// What its value must be.
        means: &'static str,
    },
    /// The model was made for another version of the contract.
    #[error(
        "the model keeps contract {found}, this engine reads contract {}; \
         export it again for that one, or use a version of Limpid that reads {found}",
        super::CONTRACT_VERSION
    )]
    OtherContract {
        /// The version that the model names.
        found: u32,
    },
    /// `limpid.kind` is neither of the two.
    #[error("the metadata says `limpid.kind` = \"{found}\"; only `spectral` and `waveform` exist")]
    UnknownKind {
        /// What stands there.
        found: String,
    },
    /// A duration or length is not a whole number of hops.
    #[error(
        "`{key}` = {value} is not a whole number of hops of {hop}; make it a multiple of `limpid.hop…`"
    )]
    NotWholeHops {
        /// The whole key of the duration or length.
        key: String,
        /// Its value, in the unit of its key.
        value: String,
        /// The hop, in the same unit.
        hop: String,
    },
    /// The window that is overlap-added covers less than two hops, so that no overlap-add of it is constant.
    #[error(
        "`{key}` = {value} is less than two hops of {hop}; frames must overlap by half or more"
    )]
    TooFewHops {
        /// The whole key of the window.
        key: String,
        /// Its value, in the unit of its key.
        value: String,
        /// The hop, in the same unit.
        hop: String,
    },
    /// The synthesis window is longer than the analysis window.
    #[error(
        "`limpid.synthesis_ms` = {synthesis_ms} is longer than `limpid.window_ms` = {window_ms}; \
         it can be as long at most"
    )]
    SynthesisLongerThanWindow {
        /// Milliseconds.
        synthesis_ms: String,
        /// Milliseconds.
        window_ms: String,
    },
    /// The graph lacks an input.
    #[error("the graph has no input `{name}`; it must have one of shape {shape}")]
    MissingInput {
        /// Its name.
        name: String,
        /// Its shape.
        shape: String,
    },
    /// The graph lacks an output.
    #[error("the graph has no output `{name}`; it must have one of shape {shape}")]
    MissingOutput {
        /// Its name.
        name: String,
        /// Its shape.
        shape: String,
    },
    /// The graph wants something that the contract does not feed.
    #[error(
        "the graph has an input `{name}` that nobody feeds; \
         make it a constant, or a state (`state.NAME` with `next.NAME`)"
    )]
    UnknownInput {
        /// Its name.
        name: String,
    },
    /// A state goes in and does not come out.
    #[error(
        "the graph has an input `state.{name}` and no output `next.{name}`; give it one of the same shape"
    )]
    StateWithoutNext {
        /// NAME.
        name: String,
    },
    /// A state comes out and does not go in.
    #[error(
        "the graph has an output `next.{name}` and no input `state.{name}`; give it one of the same shape"
    )]
    NextWithoutState {
        /// NAME.
        name: String,
    },
    /// A state has a free or an empty axis.
    #[error(
        "`{tensor}` has the shape {shape}; a state's axes must all be known numbers above zero"
    )]
    StateNotStatic {
        /// Name of the input or output.
        tensor: String,
        /// Its shape.
        shape: String,
    },
    /// A state comes out in another shape than it went in.
    #[error("`state.{name}` has the shape {state}, `next.{name}` has {next}; they must be alike")]
    StateUnlikeNext {
        /// NAME.
        name: String,
        /// Shape of the input.
        state: String,
        /// Shape of the output.
        next: String,
    },
    /// An input or output has another shape than the contract says.
    #[error("`{tensor}` has the shape {found}; it must be {expected}")]
    WrongShape {
        /// Its name.
        tensor: String,
        /// The shape that the contract says.
        expected: String,
        /// The shape in the file.
        found: String,
    },
    /// The first axis of `spectrum` is neither 1 nor dynamic under its name.
    #[error(
        "the first axis of `spectrum` is {found}; it must be 1, or dynamic under the name `hops`"
    )]
    WrongHopsAxis {
        /// The axis in the file.
        found: String,
    },
    /// An input or output does not hold float32.
    #[error("`{tensor}` holds {found}; every input and output must hold float32")]
    NotFloat32 {
        /// Its name.
        tensor: String,
        /// What it holds.
        found: String,
    },
    /// An input or output holds more values than any network for real time needs.
    #[error(
        "`{tensor}` of shape {shape} holds more than {limit} values; that is no network for real time"
    )]
    TooLarge {
        /// Its name.
        tensor: String,
        /// Its shape.
        shape: String,
        /// Values that are allowed.
        limit: usize,
    },
}
