package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;

/** Where requests are told to an audit log, once they are answered. */
@FunctionalInterface
public interface Audit {

  Audit NONE = _ -> {};

  void completed(Exchange exchange);
}
