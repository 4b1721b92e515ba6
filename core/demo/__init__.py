"""Demonstration data, made by rule and marked 示例 wherever it shows."""
