import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Takes the texts of {@code kubectl explain} from the annotations of the official Java client's
 * model classes, at build time and without loading them: arguments are the schema table and the
 * directory to write to. One file per API group and version (the definition's name up to its last
 * dot), of lines {@code Type TAB field TAB text} with an empty field for the type itself; newlines
 * in a text are written as backslash-n. Does nothing where the files are newer than the sources.
 */
public final class ExtractDescriptions {

  private static final String MODELS = "io/kubernetes/client/openapi/models/";

  public static void main(String[] args) throws IOException {
    Path table = Path.of(args[0]);
    Path out = Path.of(args[1]);
    Path done = out.resolve("io.k8s.api.core.v1.txt");
    if (Files.exists(done)
        && Files.getLastModifiedTime(done).compareTo(Files.getLastModifiedTime(table)) > 0) {
      return;
    }
    Files.createDirectories(out);
    Map<String, StringBuilder> files = new TreeMap<>();
    int found = 0;
    for (String line : Files.readAllLines(table, StandardCharsets.UTF_8)) {
      if (line.startsWith("T ")) {
        String name = line.split(" ")[1];
        int dot = name.lastIndexOf('.');
        Optional<ClassModel> model = model(name.substring(0, dot), name.substring(dot + 1));
        if (model.isPresent()) {
          found++;
          StringBuilder file =
              files.computeIfAbsent(name.substring(0, dot), k -> new StringBuilder());
          describe(name.substring(dot + 1), model.get(), file);
        }
      }
    }
    if (found == 0) {
      throw new IOException("io.kubernetes:client-java-api is not on the class path");
    }
    for (Map.Entry<String, StringBuilder> file : files.entrySet()) {
      Files.writeString(out.resolve(file.getKey() + ".txt"), file.getValue());
    }
  }

  /** {@code V1Deployment}, or {@code CoreV1Event} where groups share a name. */
  private static Optional<ClassModel> model(String prefix, String type) throws IOException {
    String[] parts = prefix.split("\\.");
    String version = capital(parts[parts.length - 1]);
    String group = parts.length > 1 ? capital(parts[parts.length - 2]) : "";
    for (String name : new String[] {group + version + type, version + type}) {
      try (InputStream in =
          ExtractDescriptions.class
              .getClassLoader()
              .getResourceAsStream(MODELS + name + ".class")) {
        if (in != null) {
          return Optional.of(ClassFile.of().parse(in.readAllBytes()));
        }
      }
    }
    return Optional.empty();
  }

  private static String capital(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private static void describe(String type, ClassModel model, StringBuilder out) {
    line(out, type, "", text(model, "Lio/swagger/annotations/ApiModel;", "description"));
    Map<String, String> names = new HashMap<>();
    for (FieldModel field : model.fields()) {
      String name = text(field, "Lcom/google/gson/annotations/SerializedName;", "value");
      names.put(letters(name), name);
    }
    List<String[]> lines = new ArrayList<>();
    for (MethodModel method : model.methods()) {
      String name = method.methodName().stringValue();
      String text = text(method, "Lio/swagger/annotations/ApiModelProperty;", "value");
      if (name.startsWith("get") && !text.isEmpty()) {
        String field = names.get(letters(name.substring(3)));
        if (field != null) {
          lines.add(new String[] {field, text});
        }
      }
    }
    lines.forEach(l -> line(out, type, l[0], l[1]));
  }

  private static String letters(String text) {
    return text.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
  }

  private static void line(StringBuilder out, String type, String field, String text) {
    if (!text.isEmpty()) {
      String escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", " ");
      out.append(type).append('\t').append(field).append('\t').append(escaped).append('\n');
    }
  }

  private static String text(AttributedElement element, String annotation, String member) {
    return element
        .findAttribute(Attributes.runtimeVisibleAnnotations())
        .flatMap(a ->
            a.annotations().stream()
                .filter(x -> x.className().stringValue().equals(annotation))
                .findFirst())
        .map(Annotation::elements)
        .flatMap(elements ->
            elements.stream().filter(e -> e.name().stringValue().equals(member)).findFirst())
        .map(AnnotationElement::value)
        .map(v -> v instanceof AnnotationValue.OfString s ? s.stringValue() : "")
        .orElse("");
  }
}
