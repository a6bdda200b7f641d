//! Reasons that others give, as part of a sentence of ours.

/// In one line and without a full stop, as more follows: what hosts and programs say may have several
/// lines.
pub fn one_line(reason: &str) -> String {
    let lines = reason.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let whole = lines.join("; ");
    whole.trim_end_matches(['.', ';', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_reason_of_several_lines_becomes_one_without_a_full_stop() {
        let said = "Connection failure: Connection refused\n\n  pa_context_connect() failed.\n";
        assert_eq!(
            one_line(said),
            "Connection failure: Connection refused; pa_context_connect() failed"
        );
        assert_eq!(one_line(""), "");
    }
}
