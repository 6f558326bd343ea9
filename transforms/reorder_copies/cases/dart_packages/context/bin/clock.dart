import 'package:shelf/shelf_io.dart';
void main() {}
