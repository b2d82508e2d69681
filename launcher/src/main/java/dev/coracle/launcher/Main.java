package dev.coracle.launcher;

import dev.coracle.launcher.cli.CoracleCommand;

/** The {@code coracle} command. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    System.exit(CoracleCommand.run(args));
  }
}
