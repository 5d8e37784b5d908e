"""Reading exports: encoding, formats, rejects, record ids. Every entry of every file is accounted for."""
