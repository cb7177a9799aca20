"""Files that belong to a complaint or to a ticket: residents' photos, proof of handling.

Intake and router each have their own table `attachment`, their own storage and their own rule of who may
see one; everything between is here.
"""
