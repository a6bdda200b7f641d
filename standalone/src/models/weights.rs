//! How many numbers a model holds as tensors: what it has learned, and tables that were given to it. The file does
//! not tell these from those.
//!
//! The runtime does not tell them, so the file is gone through (protocol buffers; `onnx.proto`): a model
//! holds a graph, a graph its initialisers, a tensor its shape.

/// Fields of `ModelProto`, `GraphProto` and `TensorProto`.
const GRAPH: u64 = 7;
const INITIALISER: u64 = 5;
const DIMS: u64 = 1;
const DATA_TYPE: u64 = 2;
/// Element types that are no weights: whole numbers of 32 and 64 bits, texts and truths, of which shapes and
/// indices are made.
const NO_WEIGHTS: [u64; 4] = [6, 7, 8, 9];

/// The numbers in the initialisers of a model; `None` for what is no such file.
pub fn count(model: &[u8]) -> Option<u64> {
    let graph = fields(model)?
        .into_iter()
        .find(|f| f.0 == GRAPH)?
        .1
        .bytes()?;
    let mut sum = 0u64;
    for (_, tensor) in fields(graph)?.into_iter().filter(|f| f.0 == INITIALISER) {
        sum = sum.checked_add(numbers(tensor.bytes()?)?)?;
    }
    Some(sum)
}

fn numbers(tensor: &[u8]) -> Option<u64> {
    let mut product = 1u64;
    for (field, value) in fields(tensor)? {
        match (field, value) {
            (DIMS, Value::Number(dim)) => product = product.checked_mul(dim)?,
            (DIMS, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    product = product.checked_mul(varint(&mut packed)?)?;
                }
            }
            (DATA_TYPE, Value::Number(kind)) if NO_WEIGHTS.contains(&kind) => return Some(0),
            _ => {}
        }
    }
    Some(product)
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

impl<'a> Value<'a> {
    fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Number(_) | Self::Other => None,
        }
    }
}

/// The fields of a message, each with its number.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut message)?),
            1 => take(&mut message, 8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                Value::Bytes(take(&mut message, length)?)
            }
            5 => take(&mut message, 4).map(|_| Value::Other)?,
            _ => return None,
        };
        found.push((key >> 3, value));
    }
    Some(found)
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::count;

    /// A field that holds bytes.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }

    #[test]
    fn weights_are_counted_and_shapes_are_not() {
        // float [3, 150], one after the other; int8 [7], packed; int64 [99].
        let float = field(5, &[0x08, 3, 0x08, 0x96, 1, 0x10, 1]);
        let byte = field(5, &[0x0A, 1, 7, 0x10, 3]);
        let long = field(5, &[0x08, 99, 0x10, 7]);
        let graph = [field(2, b"name"), float, byte, long].concat();
        let model = [&[0x08, 8][..], &field(7, &graph)].concat();
        assert_eq!(count(&model), Some(457));
        assert_eq!(count(&model[..model.len() - 1]), None);
        assert_eq!(count(b"not a model"), None);
    }
}
