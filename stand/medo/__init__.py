"""A SED behind МЭДО: the mail service's folders and the clerks behind them; strict."""
