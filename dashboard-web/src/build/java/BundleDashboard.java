import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mvnpm.esbuild.install.WebDepsInstaller;
import io.mvnpm.esbuild.model.WebDependency;
import io.mvnpm.esbuild.model.WebDependency.WebDependencyType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Bundles the dashboard without Node.js; Maven starts it as a single source file under the JDK of
 * the toolchain. Arguments: the sources, a work folder, and the META-INF folder to write into.
 *
 * <ol>
 *   <li>Nothing to do if sources, packages and this program are those of the last run.
 *   <li>The npm packages (jars of org.mvnpm on the class path) are laid out as node_modules.
 *   <li>esbuild's native binary, itself such a package, bundles, splits, minifies and hashes.
 *   <li>index.html gets the hashed names; every file gets a gzip variant beside it.
 *   <li>{@code dashboard.policy} is the Content-Security-Policy for all of them, {@code
 *       dashboard.files} lists path, content type and cache policy for whoever serves them.
 * </ol>
 */
public final class BundleDashboard {
  private static final List<String> ENTRIES = List.of("app.js", "theme.js", "app.css");
  private static final String INLINE = "theme.js";
  private static final String FOREVER = "public, max-age=31536000, immutable";

  public static void main(String[] args) throws Exception {
    Path sources = Path.of(args[0]);
    Path work = Path.of(args[1]);
    Path meta = Path.of(args[2]);
    List<Path> packages = npmPackages();
    String fingerprint = fingerprint(sources, packages);
    Path stamp = work.resolve("fingerprint");
    Path out = meta.resolve("dashboard");
    if (Files.exists(out.resolve("index.html"))
        && Files.exists(stamp)
        && Files.readString(stamp).equals(fingerprint)) {
      return;
    }
    long start = System.nanoTime();
    Files.createDirectories(work);
    Files.deleteIfExists(stamp);
    delete(out);
    layOutPackages(work, packages);
    Path web = work.resolve("src");
    delete(web);
    copy(sources, web);
    JsonNode bundle = esbuild(work, web, out);
    String inline = writeIndex(web, out, bundle);
    Files.writeString(meta.resolve("dashboard.policy"), policy(inline));
    for (String name : List.of("icon.svg")) {
      Files.copy(web.resolve(name), out.resolve(name));
    }
    writeLicences(work, out, bundle);
    long bytes = compressAndList(out, meta.resolve("dashboard.files"));
    Files.writeString(stamp, fingerprint);
    System.out.printf(
        "Dashboard bundled in %d ms, %d KiB compressed.%n",
        (System.nanoTime() - start) / 1_000_000, bytes / 1024);
  }

  private static List<Path> npmPackages() {
    return Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
        .map(Path::of)
        .filter(jar -> jar.toString().replace('\\', '/').contains("/org/mvnpm/"))
        .sorted()
        .toList();
  }

  private static String fingerprint(Path sources, List<Path> packages) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Path jar : packages) {
      digest.update(jar.getFileName().toString().getBytes(StandardCharsets.UTF_8));
    }
    Path self = sources.resolve("../../build/java/BundleDashboard.java").normalize();
    digest.update(Files.readAllBytes(self));
    for (Path file : files(sources)) {
      digest.update(sources.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
      digest.update(Files.readAllBytes(file));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void layOutPackages(Path work, List<Path> packages) throws IOException {
    Path modules = work.resolve("node_modules");
    Files.createDirectories(modules);
    WebDepsInstaller.install(
        modules, packages.stream().map(p -> WebDependency.of(p, WebDependencyType.MVNPM)).toList());
  }

  private static JsonNode esbuild(Path work, Path web, Path out)
      throws IOException, InterruptedException {
    Path metafile = work.resolve("meta.json");
    List<String> command = new ArrayList<>();
    command.add(binary(work.resolve("node_modules/@esbuild")).toString());
    ENTRIES.forEach(entry -> command.add(web.resolve(entry).toString()));
    command.addAll(
        List.of(
            "--bundle",
            "--splitting",
            "--format=esm",
            "--target=es2022",
            "--minify",
            "--charset=utf8",
            "--legal-comments=none",
            "--log-level=warning",
            "--entry-names=[name]-[hash]",
            "--chunk-names=[name]-[hash]",
            "--outbase=" + web,
            "--outdir=" + out.resolve("assets"),
            "--metafile=" + metafile));
    Process process =
        new ProcessBuilder(command).directory(work.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      System.err.println(said);
      System.exit(1);
    }
    if (!said.isBlank()) {
      System.out.println(said);
    }
    return new ObjectMapper().readTree(metafile.toFile());
  }

  private static Path binary(Path packages) throws IOException {
    try (Stream<Path> found = Files.walk(packages)) {
      Path binary =
          found
              .filter(p -> p.endsWith("bin/esbuild") || p.endsWith("esbuild.exe"))
              .findFirst()
              .orElseThrow(() ->
                  new IOException(
                      "There is no esbuild binary for "
                          + System.getProperty("os.name")
                          + " "
                          + System.getProperty("os.arch")));
      if (!binary.toFile().setExecutable(true)) {
        throw new IOException("Cannot make " + binary + " executable");
      }
      return binary;
    }
  }

  /**
   * Replaces {@code @app.js@} and its like by the hashed names, and the first script by its text:
   * it loads again what did not come, so it must come with the page.
   *
   * @return that text
   */
  private static String writeIndex(Path web, Path out, JsonNode bundle) throws IOException {
    String html = Files.readString(web.resolve("index.html"));
    String inline = "";
    for (Map.Entry<String, JsonNode> output : bundle.get("outputs").properties()) {
      String entry = output.getValue().path("entryPoint").asText();
      String name = Path.of(output.getKey()).getFileName().toString();
      if (entry.equals("src/" + INLINE)) {
        Path file = out.resolve("assets").resolve(name);
        inline = Files.readString(file).strip();
        Files.delete(file);
        html = html.replace("@" + INLINE + "@", inline);
      } else if (ENTRIES.contains(entry.replaceFirst("^src/", ""))) {
        html = html.replace("@" + entry.replaceFirst("^src/", "") + "@", "assets/" + name);
      }
    }
    if (html.contains(".js@") || html.contains(".css@")) {
      throw new IOException("index.html names an entry that was not bundled:\n" + html);
    }
    Files.writeString(out.resolve("index.html"), html);
    return inline;
  }

  /** The Content-Security-Policy under which the files are to be served. */
  private static String policy(String inline) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(inline.getBytes(StandardCharsets.UTF_8));
    return "default-src 'none'; script-src 'self' 'sha256-"
        + Base64.getEncoder().encodeToString(digest)
        + "'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri"
        + " 'none'; form-action 'none'; frame-ancestors 'none'";
  }

  /** The licences of what is really inside the bundle. */
  private static void writeLicences(Path work, Path out, JsonNode bundle) throws IOException {
    TreeSet<String> used = new TreeSet<>();
    for (Map.Entry<String, JsonNode> input : bundle.get("inputs").properties()) {
      String path = input.getKey();
      int at = path.lastIndexOf("node_modules/");
      if (at >= 0) {
        String[] parts = path.substring(at + "node_modules/".length()).split("/");
        used.add(parts[0].startsWith("@") ? parts[0] + "/" + parts[1] : parts[0]);
      }
    }
    StringBuilder text = new StringBuilder("The dashboard contains these packages.\n");
    for (String name : used) {
      Path folder = work.resolve("node_modules").resolve(name);
      text.append("\n\n==== ").append(name).append('\n');
      for (String file : List.of("LICENSE", "LICENSE.md", "LICENSE.txt")) {
        if (Files.exists(folder.resolve(file))) {
          text.append(Files.readString(folder.resolve(file)));
        }
      }
    }
    Files.writeString(out.resolve("licenses.txt"), text);
  }

  private static long compressAndList(Path out, Path list) throws IOException {
    Map<String, String> types =
        Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "txt", "text/plain; charset=utf-8");
    TreeMap<String, String> lines = new TreeMap<>();
    long bytes = 0;
    for (Path file : files(out)) {
      String path = out.relativize(file).toString().replace('\\', '/');
      String type = types.get(path.substring(path.lastIndexOf('.') + 1));
      if (type == null) {
        throw new IOException("No content type is known for " + path);
      }
      Path zipped = file.resolveSibling(file.getFileName() + ".gz");
      try (var gzip = new GZIPOutputStream(Files.newOutputStream(zipped))) {
        gzip.write(Files.readAllBytes(file));
      }
      bytes += Files.size(zipped);
      lines.put(path, type + "\t" + (path.startsWith("assets/") ? FOREVER : "no-cache"));
    }
    StringBuilder text = new StringBuilder();
    lines.forEach((path, rest) -> text.append(path).append('\t').append(rest).append('\n'));
    Files.writeString(list, text);
    return bytes;
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    for (Path file : files(from)) {
      Path target = to.resolve(from.relativize(file).toString());
      Files.createDirectories(target.getParent());
      Files.copy(file, target);
    }
  }

  private static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
