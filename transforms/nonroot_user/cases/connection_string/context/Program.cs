builder.Services.AddDbContext<Orders>(o => o.UseSqlite("Data Source=/var/lib/orders/orders.db"));
