"""Chuishao 吹哨: the command line, the embedded servers and the supervisor."""
