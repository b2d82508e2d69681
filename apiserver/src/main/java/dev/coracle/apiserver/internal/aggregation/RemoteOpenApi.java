package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.openapi.OtherDocuments;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an aggregated server says of itself in OpenAPI.
 *
 * @param v3 where its document of a group and version is, with its hash; empty where it has none
 * @param tag of {@code v2}, to ask for it only when it changed
 * @param v2 its whole document; null where it has none
 */
record RemoteOpenApi(String v3, String tag, @Nullable ObjectNode v2) {

  static final RemoteOpenApi NONE = new RemoteOpenApi("", "", null);

  /** Whether it has a document of the second version alone. */
  boolean isOld() {
    return v3.isEmpty() && v2 != null;
  }

  /** The documents of all that were reached. */
  static OtherDocuments of(ApiServices apis) {
    return new OtherDocuments() {
      @Override
      public String state() {
        return Integer.toString(apis.changes());
      }

      @Override
      public SortedMap<String, String> index() {
        SortedMap<String, String> out = new TreeMap<>();
        for (RemoteApi api : apis.all()) {
          if (!api.openApi().v3().isEmpty()) {
            out.put("apis/" + api.groupVersion(), api.openApi().v3());
          }
        }
        return out;
      }

      @Override
      public List<Part> v2() {
        return apis.all().stream()
            .filter(api -> api.openApi().v2() != null)
            .sorted(Comparator.comparing(RemoteApi::groupVersion))
            .map(api -> new Part(api.groupVersion(), api.openApi().v2()))
            .toList();
      }
    };
  }
}
