"""Identity: the NIK and its rules, its encryption and blind index, receipt numbers."""
