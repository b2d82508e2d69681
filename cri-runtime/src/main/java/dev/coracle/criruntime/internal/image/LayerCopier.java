package dev.coracle.criruntime.internal.image;

import dev.coracle.cri.Turns;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** Makes a root file system by copying layers over one another, where there is no overlayfs. */
public final class LayerCopier {
  private LayerCopier() {}

  /**
   * @param layers in {@link LayerUnpacker.Form#PLAIN}, lowest first
   */
  public static void copy(List<Path> layers, Path target) throws IOException {
    copy(layers, target, new Turns());
  }

  static void copy(List<Path> layers, Path target, Turns turns) throws IOException {
    Files.createDirectories(target);
    for (Path layer : layers) {
      hide(layer, target, turns);
      Files.walkFileTree(
          layer,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
                throws IOException {
              Path to = target.resolve(layer.relativize(dir).toString());
              if (!Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(to);
                Files.copy(dir, to, StandardCopyOption.COPY_ATTRIBUTES);
                to.toFile().setWritable(true);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              turns.step();
              if (!file.getFileName().toString().startsWith(LayerUnpacker.WHITEOUT)) {
                Path to = target.resolve(layer.relativize(file).toString());
                FileTrees.delete(to, turns);
                Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    }
  }

  private static void hide(Path layer, Path target, Turns turns) throws IOException {
    Files.walkFileTree(
        layer,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            turns.step();
            String name = file.getFileName().toString();
            if (!name.startsWith(LayerUnpacker.WHITEOUT)) {
              return FileVisitResult.CONTINUE;
            }
            Path marker = target.resolve(layer.relativize(file).toString());
            if (name.equals(LayerUnpacker.OPAQUE)) {
              Path directory = marker.getParent();
              if (directory != null && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                try (var children = Files.newDirectoryStream(directory)) {
                  for (Path child : children) {
                    FileTrees.delete(child, turns);
                  }
                }
              }
            } else {
              FileTrees.delete(
                  marker.resolveSibling(name.substring(LayerUnpacker.WHITEOUT.length())), turns);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
