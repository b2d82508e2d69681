package dev.coracle.apiserver.internal.stream;

import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;

/** The subresources that are connections to somewhere else. */
public interface Connects {

  boolean serves(ResourceType type, String subresource);

  void handle(Exchange exchange, Call call);
}
