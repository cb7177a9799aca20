"""`chuishao audit`: verifies the chains, shows and exports records, lists anchors."""
