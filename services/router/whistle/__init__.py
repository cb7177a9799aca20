"""吹哨报到: whistles, and how each called department answers by itself (domain.md D6)."""
