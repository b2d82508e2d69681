package dev.coracle.coredns.internal;

import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;

/** Builds answers to queries (RFC 1035 section 4; RFC 2308 for the SOA of negative ones). */
final class Answers {

  private static final int EDNS_PAYLOAD = 1232;

  private Answers() {}

  /**
   * An answer without records that repeats the question, and the EDNS record where it was asked
   * with one (RFC 6891).
   */
  static Message empty(Message query, int rcode) {
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setOpcode(query.getHeader().getOpcode());
    if (query.getHeader().getFlag(Flags.RD)) {
      answer.getHeader().setFlag(Flags.RD);
      answer.getHeader().setFlag(Flags.RA);
    }
    answer.getHeader().setRcode(rcode);
    Record question = query.getQuestion();
    if (question != null) {
      answer.addRecord(question, Section.QUESTION);
    }
    if (query.getOPT() != null) {
      answer.addRecord(new OPTRecord(EDNS_PAYLOAD, 0, 0), Section.ADDITIONAL);
    }
    return answer;
  }

  /**
   * Says which EDNS version is understood. The upper bits of a code above 15 stand in the OPT
   * record (RFC 6891 section 6.1.3).
   */
  static Message badVersion(Message query) {
    Message answer = empty(query, Rcode.BADVERS & 0xf);
    answer.removeAllRecords(Section.ADDITIONAL);
    answer.addRecord(new OPTRecord(EDNS_PAYLOAD, Rcode.BADVERS >> 4, 0), Section.ADDITIONAL);
    return answer;
  }

  /** As {@link #empty}, from the zone's own knowledge. */
  static Message authoritative(Message query, int rcode) {
    Message answer = empty(query, rcode);
    answer.getHeader().setFlag(Flags.AA);
    return answer;
  }

  /** As it is sent. What an upstream answered may be such that it cannot be written: SERVFAIL. */
  static byte[] wire(Message query, Message answer, int limit) {
    try {
      return answer.toWire(limit);
    } catch (RuntimeException e) {
      return empty(query, Rcode.SERVFAIL).toWire(limit);
    }
  }

  /** The record that says how long "there is no such record" may be remembered. */
  static Record soa(Name zone, int ttl, long serial) {
    Name host = prefixed("ns.dns", zone);
    Name admin = prefixed("hostmaster", zone);
    return new SOARecord(
        zone, DClass.IN, ttl, host, admin, serial & 0xffffffffL, 7200, 1800, 86400, ttl);
  }

  static Name prefixed(String labels, Name zone) {
    try {
      return Name.concatenate(Name.fromString(labels), zone);
    } catch (org.xbill.DNS.TextParseException | org.xbill.DNS.NameTooLongException e) {
      throw new IllegalArgumentException(labels + "." + zone + " is no DNS name", e);
    }
  }
}
