import org.springframework.beans.factory.annotation.Value;

public class Shop {
    @Value("${invoices.base:/srv/invoices}")
    private String base;
}
