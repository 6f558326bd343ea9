<?php
file_put_contents("/visits/count", "1", FILE_APPEND);
echo strlen(file_get_contents("/visits/count"));
