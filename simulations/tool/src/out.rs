//! The only place that prints. Results go to standard output, everything else to standard error.

use std::io::Write;

/// Prints one line of a result. A reader that has gone away ends the printing, not the program.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
}

/// Prints a remark where it does not mix with results.
pub(crate) fn remark(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "{text}");
}

/// Prints what went wrong.
pub(crate) fn trouble(text: &str) {
    remark(&format!("spotter-sim: {text}"));
}

/// Prints rows as a table: the first column to the left, the others to the right, two spaces between.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    for text in table_lines(head, rows) {
        line(&text);
    }
}

fn table_lines(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| {
        let cells = all().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let shown = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let padded = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let text = padded.collect::<Vec<_>>().join("  ");
        text.trim_end().to_owned()
    };
    all().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_table_line_up() {
        let rows = vec![
            vec!["ours".to_owned(), "1".to_owned()],
            vec!["clock".to_owned(), "12.5".to_owned()],
        ];
        assert_eq!(
            table_lines(&["rule", "lost"], &rows),
            ["rule   lost", "ours      1", "clock  12.5"]
        );
    }
}
