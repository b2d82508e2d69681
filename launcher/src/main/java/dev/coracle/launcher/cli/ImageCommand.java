package dev.coracle.launcher.cli;

import dev.coracle.criruntime.ImageStore;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.launcher.ImagesElsewhere;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/**
 * {@code coracle image load|ls|rm}: the images of the built-in runtime. Works on the store itself,
 * whether the cluster runs or not; a running one sees the change, and one whose containers another
 * runtime runs is refused.
 */
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = "Images of the built-in runtime.",
    synopsisSubcommandLabel = "COMMAND")
final class ImageCommand implements Runnable {

  @CommandLine.Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "image needs one of: load, ls, rm");
    }
  }

  @Command(
      name = "load",
      mixinStandardHelpOptions = true,
      description = "Load an image archive: 'docker save' output, an OCI archive or an OCI layout.")
  int load(
      @Mixin DataDirOption dataDir,
      @Mixin ImageFlags images,
      @Parameters(paramLabel = "ARCHIVE", arity = "1..*") List<Path> archives)
      throws IOException {
    ImageStore store =
        store(dataDir, ImageOptions.defaults().withMaxLayerBytes(images.maxLayerBytes()));
    for (Path archive : archives) {
      if (!Files.isReadable(archive)) {
        throw new UserErrorException(archive + " does not exist or cannot be read");
      }
      try {
        store.load(archive).forEach(i -> names(i).forEach(n -> System.out.println("Loaded " + n)));
      } catch (IOException e) {
        throw new UserErrorException(archive + " cannot be loaded: " + e.getMessage());
      }
    }
    return 0;
  }

  @Command(name = "ls", mixinStandardHelpOptions = true, description = "List the images.")
  int ls(@Mixin DataDirOption dataDir) throws IOException {
    System.out.printf("%-60s %-15s %10s%n", "IMAGE", "ID", "SIZE");
    for (StoredImage image : store(dataDir).list()) {
      for (String name : names(image)) {
        System.out.printf(
            "%-60s %-15s %9.1fM%n",
            name, image.id().replace("sha256:", "").substring(0, 12), image.size() / 1e6);
      }
    }
    return 0;
  }

  @Command(
      name = "rm",
      mixinStandardHelpOptions = true,
      description = "Remove an image by its name.")
  int rm(
      @Mixin DataDirOption dataDir,
      @Parameters(paramLabel = "IMAGE", arity = "1..*") List<String> names)
      throws IOException {
    ImageStore store = store(dataDir);
    for (String name : names) {
      if (!store.remove(name)) {
        throw new UserErrorException(
            "there is no image " + name + "; 'coracle image ls' lists what there is");
      }
      System.out.println("Removed " + name);
    }
    return 0;
  }

  private static List<String> names(StoredImage image) {
    List<String> names = new ArrayList<>(image.tags());
    return names.isEmpty() ? image.digests() : names;
  }

  private static ImageStore store(DataDirOption dataDir) throws IOException {
    return store(dataDir, ImageOptions.defaults());
  }

  private static ImageStore store(DataDirOption dataDir, ImageOptions options) throws IOException {
    ImagesElsewhere.refuse(dataDir.path());
    boolean root = "root".equals(System.getProperty("user.name"));
    return ImageStore.open(dataDir.path().resolve("runtime"), root, options);
  }
}
