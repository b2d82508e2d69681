package dev.coracle.apiserver.internal.discovery;

import dev.coracle.api.zpages.PageForm;
import dev.coracle.api.zpages.ZPage;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation.Form;
import dev.coracle.apiserver.internal.http.Responder;

/** Serves a page about this server. */
public record ServedPage(ZPage page) {

  /** Answers, or says that the path is another one. */
  public boolean handle(Exchange exchange) {
    if (!exchange.info().path().equals(page.path())) {
      return false;
    }
    PageForm wanted = PageForm.of(exchange.header("Accept"), page);
    wanted.warning(page).ifPresent(exchange.warnings()::add);
    switch (wanted.syntax()) {
      case TEXT -> Responder.text(exchange, 200, page.text());
      case JSON -> Responder.tree(exchange, Form.JSON, 200, page.object(wanted));
      case YAML -> Responder.tree(exchange, Form.YAML, 200, page.object(wanted));
    }
    return true;
  }
}
