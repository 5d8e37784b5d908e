"""Risk of bias: signalling answers become judgements, judgements become figures."""
