# Changes a zone with Net::DNS. Arguments: port, zone, key file (BIND's form). Prints what it got.
use strict;
use warnings;
use Net::DNS;

my ($port, $zone, $key) = @ARGV;
my $resolver = Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $port, recurse => 0);

sub send_update {
    my ($change, $prepare) = @_;
    my $update = Net::DNS::Update->new($zone);
    $change->($update);
    $update->sign_tsig($key);
    $prepare->($update) if $prepare;
    my $reply = $resolver->send($update);
    print $reply ? $reply->header->rcode : $resolver->errorstring;
    print " ", $reply->verify($update) ? "verified" : $reply->verifyerr, "\n";
}

send_update(sub {
    my $update = shift;
    $update->push(pre => nxdomain("new.$zone"));
    $update->push(pre => yxdomain("old.$zone"));
    $update->push(pre => yxrrset("old.$zone A 192.0.2.7"));
    $update->push(pre => nxrrset("old.$zone AAAA"));
    $update->push(update => rr_add("new.$zone 60 A 192.0.2.9"));
    $update->push(update => rr_del("old.$zone TXT"));
    $update->push(update => rr_del("www.$zone A 192.0.2.1"));
});
send_update(sub { $_[0]->push(pre => yxrrset("old.$zone AAAA")) });
send_update(sub { $_[0]->push(update => rr_del("old.$zone")) });
$resolver->usevc(1);
send_update(sub { $_[0]->push(update => rr_add("tcp.$zone 60 TXT \"over TCP\"")) });
send_update(
    sub { $_[0]->push(update => rr_add("late.$zone 60 A 192.0.2.66")) },
    sub { $_[0]->sigrr->time_signed(time() - 4000) },
);
