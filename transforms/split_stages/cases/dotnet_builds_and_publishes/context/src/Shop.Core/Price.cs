class Price {}
