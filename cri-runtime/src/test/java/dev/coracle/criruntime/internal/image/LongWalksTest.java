package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.Turns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Walks through many files, which let others have their turn. */
class LongWalksTest {
  /** A turn comes after as many as 128. */
  private static final int FILES = 3 * 128;

  @TempDir Path directory;
  private Path tree;
  private int turns;

  @BeforeEach
  void make() throws IOException {
    tree = Files.createDirectory(directory.resolve("tree"));
    for (int i = 0; i < FILES; i++) {
      Files.createFile(tree.resolve("f" + i));
    }
  }

  private Turns counted() {
    return new Turns(() -> turns++);
  }

  @Test
  void measuring() throws IOException {
    assertThat(FileTrees.usage(tree, counted()).files()).isEqualTo(FILES + 1L);
    assertThat(turns).isEqualTo(3);
  }

  @Test
  void deleting() throws IOException {
    FileTrees.delete(tree, counted());
    assertThat(tree).doesNotExist();
    assertThat(turns).isEqualTo(3);
  }

  @Test
  void copying() throws IOException {
    Path target = directory.resolve("target");
    LayerCopier.copy(List.of(tree), target, counted());
    assertThat(FileTrees.usage(target).files()).isEqualTo(FILES + 1L);
    assertThat(turns).as("one look for what is hidden, one copy").isEqualTo(6);
  }
}
