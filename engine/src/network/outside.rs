//! Tells whether a model keeps its weights in another file.
//!
//! ONNX allows it and some exporters do it unasked. Such a model cannot be moved, is not known by the
//! hash of its file, and the runtime would look for the other file wherever the program happens to run.
//! The runtime has no switch against it, so the few fields that matter are looked up here. They are
//! those of `onnx.proto`; the encoding is that of Protocol Buffers.

/// `ModelProto.graph`, `GraphProto.initializer`, `TensorProto.data_location`.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const DATA_LOCATION: u64 = 14;
/// `TensorProto.DataLocation.EXTERNAL`.
const EXTERNAL: u64 = 1;

/// Whether any initializer of the model says that its values are elsewhere. What is no model has none.
pub(super) fn has_outside_weights(model: &[u8]) -> bool {
    let graphs = messages(model, GRAPH);
    let mut tensors = graphs.flat_map(|graph| messages(graph, INITIALIZER));
    tensors.any(|tensor| {
        let mut fields = Fields { rest: tensor };
        fields.any(|(number, value)| {
            number == DATA_LOCATION && matches!(value, Value::Number(EXTERNAL))
        })
    })
}

/// The messages in the fields of that number.
fn messages(message: &[u8], wanted: u64) -> impl Iterator<Item = &[u8]> {
    Fields { rest: message }.filter_map(move |(number, value)| match value {
        Value::Bytes(bytes) if number == wanted => Some(bytes),
        _ => None,
    })
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of a message, up to its end or to the first that cannot be read.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}
