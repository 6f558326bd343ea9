import six; print("six is there")
