"""The production rules on a virtual clock, a store in memory and a bus as hostile as measured (docs/adr/0044)."""
