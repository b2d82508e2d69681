package dev.coracle.launcher;

import java.io.PrintStream;

final class Demo {
  Demo(Coracle c, PrintStream out) {}
  void run() {}
}
