#!/usr/bin/env python3
import magic

print(magic.from_file(__file__, mime=True))
