//! What can be read out of a model file without running it.

use std::collections::BTreeMap;
use std::fmt;

/// Metadata, inputs and outputs of a model, as they stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// `metadata_props`, all keys.
    pub metadata: BTreeMap<String, String>,
    /// Inputs that must be fed (not initializers), in the file's order.
    pub inputs: Vec<TensorFact>,
    /// Outputs, in the file's order.
    pub outputs: Vec<TensorFact>,
}

/// One input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorFact {
    /// Name in the graph.
    pub name: String,
    /// What its elements are.
    pub element: ElementType,
    /// One entry an axis; empty is a scalar.
    pub shape: Vec<Dimension>,
}

/// What a tensor's elements are, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementType {
    /// The one that the contract allows.
    Float32,
    /// Anything else, by the name it is shown under; sequences and maps too.
    Other(String),
}

/// Length of one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Known in the file.
    Fixed(usize),
    /// Free, under a name.
    Named(String),
    /// Free, without a name.
    Unknown,
}

impl ModelFacts {
    /// The input of that name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&TensorFact> {
        self.inputs.iter().find(|t| t.name == name)
    }

    /// The output of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&TensorFact> {
        self.outputs.iter().find(|t| t.name == name)
    }
}

impl TensorFact {
    /// The shape, when every axis is known.
    #[must_use]
    pub fn static_shape(&self) -> Option<Vec<usize>> {
        self.shape
            .iter()
            .map(|d| match d {
                Dimension::Fixed(n) => Some(*n),
                Dimension::Named(_) | Dimension::Unknown => None,
            })
            .collect()
    }

    /// The shape as it is written in the documentation: `[hops, 2, 481]`, `?` for an axis without a name.
    #[must_use]
    pub fn shape_text(&self) -> String {
        let axes: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        format!("[{}]", axes.join(", "))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("?"),
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float32 => f.write_str("float32"),
            Self::Other(name) => f.write_str(name),
        }
    }
}
