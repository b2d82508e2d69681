package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.SimpleResolver;

/**
 * Asks the upstream name servers, one after the other, each for two seconds at most. At most {@link
 * #IN_FLIGHT} queries are under way; further ones are refused with SERVFAIL. Answers come back on
 * the server's event loop.
 */
final class ForwardPlugin implements DnsPlugin {

  private static final int IN_FLIGHT = 1000;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Context context;
  private final List<SimpleResolver> upstreams;
  private int inFlight;

  ForwardPlugin(Context context, List<InetSocketAddress> servers) throws UnknownHostException {
    this.context = context;
    this.upstreams = new ArrayList<>();
    for (InetSocketAddress server : servers) {
      SimpleResolver resolver = new SimpleResolver(server);
      resolver.setTimeout(TIMEOUT);
      upstreams.add(resolver);
    }
  }

  @Override
  public String name() {
    return "forward";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    if (upstreams.isEmpty()) {
      return next.serve(query);
    }
    if (inFlight >= IN_FLIGHT) {
      return Uni.createFrom().item(Answers.empty(query, Rcode.SERVFAIL));
    }
    inFlight++;
    return ask(query, 0)
        .map(answer -> withId(answer, query))
        .emitOn(command -> context.runOnContext(_ -> command.run()))
        .onTermination()
        .invoke(() -> context.runOnContext(_ -> inFlight--));
  }

  private Uni<Message> ask(Message query, int index) {
    Uni<Message> answer =
        Uni.createFrom().completionStage(() -> upstreams.get(index).sendAsync(query.clone()));
    return index + 1 < upstreams.size()
        ? answer.onFailure(IOException.class).recoverWithUni(() -> ask(query, index + 1))
        : answer;
  }

  private static Message withId(Message answer, Message query) {
    answer.getHeader().setID(query.getHeader().getID());
    return answer;
  }
}
