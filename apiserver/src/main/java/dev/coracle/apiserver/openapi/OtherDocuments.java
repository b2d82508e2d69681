package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What other API servers say of the groups that they serve behind this one. */
public interface OtherDocuments {

  /**
   * @param groupVersion {@code GROUP/VERSION}: only its paths count
   * @param document an OpenAPI v2 document, which is not changed
   */
  record Part(String groupVersion, ObjectNode document) {}

  OtherDocuments NONE =
      new OtherDocuments() {
        @Override
        public String state() {
          return "";
        }

        @Override
        public SortedMap<String, String> index() {
          return new TreeMap<>();
        }

        @Override
        public List<Part> v2() {
          return List.of();
        }
      };

  /** Another text whenever the documents may be others. */
  String state();

  /** By {@code apis/GROUP/VERSION}: the path of its OpenAPI v3 document, with its hash. */
  SortedMap<String, String> index();

  List<Part> v2();
}
