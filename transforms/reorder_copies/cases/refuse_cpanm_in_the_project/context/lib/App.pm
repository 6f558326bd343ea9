package App;
1;
