class M{}
