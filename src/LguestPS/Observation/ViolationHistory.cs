using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>The violations of a guest over its runs. One that comes again and again is one entry that counts; the oldest give way when there are very many.</summary>
sealed class ViolationHistory(LguestGuest guest)
{
    const int Kept = 1000;

    readonly List<LguestViolation> found = [];   // also the lock

    /// <summary>All of them, the oldest first.</summary>
    public LguestViolation[] All
    {
        get
        {
            lock (found)
                return [.. found];
        }
    }

    /// <summary>Enters one. Null: it was there already and has been counted.</summary>
    public LguestViolation? Add(int run, DriverViolation violation, bool ended)
    {
        lock (found)
        {
            if (found.FindLast(entry => entry.IsSame(run, violation)) is { } known)
            {
                known.CountOneMore();
                return null;
            }
            ViolationOutcome outcome = ended ? ViolationOutcome.GuestStopped
                : DriverRules.Describe(violation.Rule).Recoverable ? ViolationOutcome.PassedOver : ViolationOutcome.DeviceStopped;
            LguestViolation entry = new(guest, run, violation, outcome);
            if (found.Count == Kept)
                found.RemoveAt(0);
            found.Add(entry);
            return entry;
        }
    }
}
