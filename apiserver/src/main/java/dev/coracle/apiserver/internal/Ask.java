package dev.coracle.apiserver.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.flowcontrol.FlowRequest;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a component of this process calls; as flow schemas and the audit log see it, the same
 * request over HTTP.
 *
 * @param gvr without a resource where it is asked what is in a group's version
 * @param body for the audit log; immutable, null for none
 */
record Ask(
    GroupVersionResource gvr,
    String verb,
    String namespace,
    String name,
    String subresource,
    WriteOptions options,
    @Nullable JsonNode body,
    FieldSelector fields,
    LabelSelector labels)
    implements FlowRequest {

  Ask(
      GroupVersionResource gvr,
      String verb,
      String namespace,
      String name,
      String subresource,
      WriteOptions options,
      @Nullable JsonNode body) {
    this(
        gvr,
        verb,
        namespace,
        name,
        subresource,
        options,
        body,
        FieldSelector.EVERYTHING,
        LabelSelector.EVERYTHING);
  }

  /** Of many. */
  static Ask of(
      GroupVersionResource gvr,
      String verb,
      String namespace,
      FieldSelector fields,
      LabelSelector labels) {
    return new Ask(gvr, verb, namespace, "", "", WriteOptions.NONE, null, fields, labels);
  }

  /**
   * To get what is at a path, with its query; empty for a path that is neither below a resource nor
   * tells what is in a group's version.
   */
  static Optional<Ask> of(String path) {
    int query = path.indexOf('?');
    String plain = query < 0 ? path : path.substring(0, query);
    RequestInfo info = RequestInfo.of("GET", plain, false, "", "");
    if (info.resourceRequest()) {
      return Optional.of(
          new Ask(
              new GroupVersionResource(info.group(), info.version(), info.resource()),
              info.verb(),
              info.namespace(),
              info.name(),
              info.subresource(),
              WriteOptions.NONE,
              null));
    }
    String[] parts = plain.split("/", -1);
    return parts.length == 4 && plain.startsWith("/apis/")
        ? Optional.of(
            new Ask(
                new GroupVersionResource(parts[2], parts[3], ""),
                "get",
                "",
                "",
                "",
                WriteOptions.NONE,
                null))
        : Optional.empty();
  }

  @Override
  public boolean resourceRequest() {
    return !gvr.resource().isEmpty();
  }

  @Override
  public String group() {
    return resourceRequest() ? gvr.group() : "";
  }

  @Override
  public String version() {
    return resourceRequest() ? gvr.version() : "";
  }

  @Override
  public String resource() {
    return gvr.resource();
  }

  @Override
  public String path() {
    if (!resourceRequest()) {
      return gvr.root();
    }
    String path = gvr.path(namespace, name.isEmpty() ? null : name);
    return subresource.isEmpty() ? path : path + "/" + subresource;
  }

  RequestInfo info() {
    if (!resourceRequest()) {
      return RequestInfo.of("GET", path(), false, "", "");
    }
    return new RequestInfo(
        true,
        verb,
        path(),
        gvr.group(),
        gvr.version(),
        namespace,
        gvr.resource(),
        subresource,
        name,
        "",
        fields,
        labels);
  }
}
