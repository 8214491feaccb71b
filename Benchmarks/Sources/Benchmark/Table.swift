import Foundation

/// The first column to the left, the others to the right.
func aligned(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        row.indices.map { column in
            let blanks = String(repeating: " ", count: widths[column] - row[column].count)
            return column == 0 ? row[column] + blanks : blanks + row[column]
        }.joined(separator: "  ") + "\n"
    }.joined()
}

func whole(_ value: Double) -> String {
    String(format: "%.0f", value)
}

func tenths(_ value: Double) -> String {
    String(format: "%.1f", value)
}

func hundredths(_ value: Double) -> String {
    String(format: "%.2f", value)
}
