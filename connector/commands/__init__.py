"""`sedlink run|sync|status|show|dead|config|db`: the commands of the operator.

Exit codes (docs/commands.md): 0 fine · 1 something failed or waits for a person · 2 wrong use of the
command · 3 the configuration cannot be used · 4 another pass is running · 5 run `sedlink db upgrade`.
"""
