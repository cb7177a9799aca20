"""What the console knows: facts as told, rows made of them, the frames that tell of rows."""
