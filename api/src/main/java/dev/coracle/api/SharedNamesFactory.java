package dev.coracle.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Parsers that share the texts of field names by a bounded table of their own. Jackson's table
 * learns every name it meets and is copied whenever a document brings a new one; in Kubernetes'
 * objects every {@code managedFields} may do so ({@code k:{"ip":"10.0.0.7"}}), and then the copy
 * costs many times what parsing does. Here such names are not kept.
 *
 * <p>Safe on any thread. Malformed UTF-8 is no failure here, as it is to Jackson's other parser; it
 * reads as U+FFFD, as in Go.
 */
final class SharedNamesFactory extends JsonFactory {

  private static final long serialVersionUID = 1L;

  /** About three times the names of all built-in kinds and their forms in managedFields. */
  private static final int CAPACITY = 16_384;

  private static final int LONGEST = 64;

  private final transient ConcurrentHashMap<String, String> names = new ConcurrentHashMap<>();

  SharedNamesFactory(JsonFactoryBuilder builder) {
    super(builder.disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES));
  }

  @Override
  protected JsonParser _createParser(byte[] data, int offset, int length, IOContext context)
      throws IOException {
    return new Parser(super._createParser(data, offset, length, context));
  }

  private String shared(String name) {
    String known = names.get(name);
    if (known != null) {
      return known;
    }
    boolean lasting = name.length() <= LONGEST && !name.startsWith("k:{") && !name.startsWith("v:");
    if (lasting && names.size() < CAPACITY) {
      String lastingName = name.intern(); // The very text that code asks for.
      known = names.putIfAbsent(lastingName, lastingName);
      return known == null ? lastingName : known;
    }
    return name;
  }

  private final class Parser extends JsonParserDelegate {

    Parser(JsonParser below) {
      super(below);
    }

    @Override
    public String currentName() throws IOException {
      String name = delegate.currentName();
      return delegate.currentToken() == JsonToken.FIELD_NAME ? shared(name) : name;
    }

    @Override
    public @Nullable String nextFieldName() throws IOException {
      String name = delegate.nextFieldName();
      return name == null ? null : shared(name);
    }
  }
}
