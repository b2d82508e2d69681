package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;

/**
 * Refuses what is no plain question or of an unknown EDNS version (RFC 6891), and turns any failure
 * behind it into SERVFAIL.
 */
final class ErrorsPlugin implements DnsPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(ErrorsPlugin.class);

  @Override
  public String name() {
    return "errors";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    if (query.getHeader().getOpcode() != Opcode.QUERY) {
      return Uni.createFrom().item(Answers.empty(query, Rcode.NOTIMP));
    }
    if (query.getQuestion() == null) {
      return Uni.createFrom().item(Answers.empty(query, Rcode.FORMERR));
    }
    if (query.getOPT() != null && query.getOPT().getVersion() > 0) {
      return Uni.createFrom().item(Answers.badVersion(query));
    }
    return Uni.createFrom()
        .deferred(() -> next.serve(query))
        .onFailure()
        .recoverWithItem(failure -> {
          LOG.atDebug()
              .addKeyValue("name", query.getQuestion().getName())
              .addKeyValue("cause", failure.toString())
              .log("Query failed");
          return Answers.empty(query, Rcode.SERVFAIL);
        });
  }
}
