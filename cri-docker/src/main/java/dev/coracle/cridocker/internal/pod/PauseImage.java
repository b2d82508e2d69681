package dev.coracle.cridocker.internal.pod;

import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.criruntime.ImageBuilder;
import dev.coracle.criruntime.server.PauseProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The image of sandboxes, made here and loaded into Docker: no registry is asked for it. */
public final class PauseImage {

  /** The tag is to change with what the image holds. */
  public static final String NAME = "localhost/coracle/pause:1";

  private final Engine engine;
  private final String architecture;

  /**
   * @param architecture the daemon's, in Go's words
   */
  public PauseImage(Engine engine, String architecture) {
    this.engine = engine;
    this.architecture = architecture;
  }

  void load() throws IOException {
    Path archive = Files.createTempFile("coracle-pause", ".tar");
    try {
      new ImageBuilder(NAME)
          .file("/pause", PauseProgram.of(architecture), 0755)
          .entrypoint("/pause")
          .stopSignal("SIGKILL")
          .writeArchive(archive);
      engine.load(archive);
    } finally {
      Files.deleteIfExists(archive);
    }
  }
}
