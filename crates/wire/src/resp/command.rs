//! Commands, as a client sends them.

/// Appends a command to `out`: its name and its arguments.
pub fn encode_command(out: &mut Vec<u8>, parts: &[&[u8]]) {
    out.push(b'*');
    encode_size(out, parts.len());
    for part in parts {
        out.push(b'$');
        encode_size(out, part.len());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
}

/// Bytes that [`encode_command`] appends.
pub fn command_bytes(parts: &[&[u8]]) -> usize {
    let framed = |length: usize| 1 + digits(length) + 2;
    let each = parts.iter().map(|part| framed(part.len()) + part.len() + 2);
    framed(parts.len()) + each.sum::<usize>()
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

fn encode_size(out: &mut Vec<u8>, mut size: usize) {
    let from = out.len() + digits(size);
    out.resize(from, b'0');
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (size % 10) as u8;
        size /= 10;
        if size == 0 {
            break;
        }
    }
    out.extend_from_slice(b"\r\n");
}
