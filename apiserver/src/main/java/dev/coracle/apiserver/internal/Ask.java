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

  /** To get what is at a path, with its query; empty for a path that is not below a resource. */
  static Optional<Ask> of(String path) {
    int query = path.indexOf('?');
    RequestInfo info =
        RequestInfo.of("GET", query < 0 ? path : path.substring(0, query), false, "", "");
    return info.resourceRequest()
        ? Optional.of(
            new Ask(
                new GroupVersionResource(info.group(), info.version(), info.resource()),
                info.verb(),
                info.namespace(),
                info.name(),
                info.subresource(),
                WriteOptions.NONE,
                null))
        : Optional.empty();
  }

  @Override
  public boolean resourceRequest() {
    return true;
  }

  @Override
  public String group() {
    return gvr.group();
  }

  @Override
  public String version() {
    return gvr.version();
  }

  @Override
  public String resource() {
    return gvr.resource();
  }

  @Override
  public String path() {
    String path = gvr.path(namespace, name.isEmpty() ? null : name);
    return subresource.isEmpty() ? path : path + "/" + subresource;
  }

  RequestInfo info() {
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
