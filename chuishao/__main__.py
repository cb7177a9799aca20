"""`python -m chuishao` is the same program as the `chuishao` command."""

from chuishao.cli import app

if __name__ == "__main__":
    app(prog_name="chuishao")
