"""Reads workbooks: .xlsx, .xls and .ods."""
